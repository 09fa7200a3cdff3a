"""Kinds of goods that simulated stores sell, all assumed: sorts, weights, prices, tax classes, ages and tags.

Brands are those of nobody. Weights are of the order of real packages; prices are in the smallest unit of a currency.
"""

import dataclasses

__all__ = [
    "ALCOHOL",
    "BAKERY",
    "CARE",
    "CHILLED",
    "COFFEE",
    "DRINKS",
    "HOUSEHOLD",
    "MERCHANDISE",
    "PANTRY",
    "PRODUCE",
    "SNACKS",
    "SWEETS",
    "TOBACCO",
    "Kind",
]


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """What one kind of goods is like. Sorts of one family (one brand, one kind) differ by about a per cent in weight.

    `per_100_g` and `base` make the price of a package; goods by weight cost ten times `per_100_g` for a kilogram.
    `spread` is the standard deviation from unit to unit as a share of the weight, `plates` how wide a facing is.
    """

    name: str
    sorts: tuple[str, ...]
    light_g: float
    heavy_g: float
    per_100_g: int
    base: int
    plates: int = 1
    tax: str = "food"
    spread: float = 0.02
    sold_by: str = "unit"
    min_age: int = 0
    rfid: bool = False
    case: bool = False
    """Whether it is a case of several, which has a GTIN-14."""


DRINKS = (
    Kind("Still Water", ("Spring", "Soft", "Mountain"), 350, 1060, 14, 45, tax="standard"),
    Kind("Lemonade", ("Lemon", "Orange", "Blood Orange", "Ginger", "Elder"), 360, 560, 28, 60, tax="standard"),
    Kind("Cola", ("Classic", "Light", "Cherry"), 350, 1080, 24, 70, tax="standard"),
    Kind("Iced Tea", ("Peach", "Mint", "Green", "Black"), 520, 620, 25, 80, tax="standard"),
    Kind("Juice", ("Apple", "Pear", "Carrot", "Grape"), 300, 1120, 35, 60, tax="standard"),
    Kind("Energy Drink", ("Original", "Zero", "Berry"), 268, 530, 55, 60, tax="standard"),
    Kind("Six of Water", ("Still", "Medium", "Sparkling"), 1900, 3150, 9, 60, 3, "standard", case=True),
)
SNACKS = (
    Kind("Potato Crisps", ("Salt", "Paprika", "Vinegar", "Rosemary"), 28, 190, 150, 60, 2, spread=0.03),
    Kind("Corn Puffs", ("Cheese", "Chili", "Plain"), 25, 95, 160, 50, 2, spread=0.03),
    Kind("Nut Mix", ("Roasted", "Unsalted", "Smoked"), 40, 210, 190, 80, 2, spread=0.03),
    Kind("Pretzels", ("Salt", "Sesame", "Butter"), 60, 250, 90, 60, 2, spread=0.03),
    Kind("Popcorn", ("Sweet", "Salty", "Caramel"), 30, 120, 170, 40, 2, spread=0.03),
    Kind("Dried Fruit", ("Apricot", "Mango", "Date"), 80, 260, 160, 70, 2, spread=0.03),
)
SWEETS = (
    Kind("Chocolate", ("Milk", "Dark", "Hazelnut", "Sea Salt"), 44, 112, 140, 60),
    Kind("Chocolate Bar", ("Caramel", "Peanut", "Coconut"), 35, 62, 190, 40),
    Kind("Gummies", ("Bears", "Fruit", "Sour"), 75, 310, 75, 40, 2),
    Kind("Chewing Gum", ("Mint", "Cinnamon", "Lime"), 26, 60, 300, 40),
    Kind("Oat Biscuits", ("Honey", "Cocoa", "Raisin"), 60, 260, 110, 70, 2),
    Kind("Wafers", ("Vanilla", "Lemon", "Nougat"), 70, 220, 100, 60, 2),
)
PANTRY = (
    Kind("Spaghetti", ("Thin", "Thick", "Wholemeal"), 500, 520, 28, 30, 2),
    Kind("Rice", ("Long", "Round", "Basmati"), 500, 1020, 35, 40, 2),
    Kind("Flour", ("White", "Spelt", "Rye"), 1000, 1030, 9, 40, 2),
    Kind("Tomato Sauce", ("Basil", "Garlic", "Plain"), 350, 720, 45, 60),
    Kind("Bean Stew", ("White", "Red", "Hot"), 380, 440, 50, 60),
    Kind("Jam", ("Cherry", "Quince", "Plum"), 290, 480, 70, 90),
    Kind("Cereal", ("Flakes", "Loops", "Crunch"), 180, 420, 85, 90, 2, spread=0.03),
    Kind("Olive Oil", ("Mild", "Fruity", "Early"), 460, 980, 130, 150),
    Kind("Mustard", ("Hot", "Sweet", "Grainy"), 180, 390, 70, 60),
    Kind("Soup", ("Tomato", "Pea", "Chicken"), 400, 560, 40, 70),
    Kind("Tea", ("Green", "Black", "Herb"), 40, 130, 330, 90),
    Kind("Spice", ("Pepper", "Paprika", "Curry"), 35, 140, 380, 110),
)
CHILLED = (
    Kind("Milk", ("Whole", "Light", "Oat"), 520, 1060, 12, 20),
    Kind("Yoghurt", ("Plain", "Berry", "Peach", "Vanilla"), 150, 520, 35, 30),
    Kind("Butter", ("Salted", "Mild", "Sour"), 254, 262, 90, 40),
    Kind("Cheese", ("Mild", "Mature", "Smoked"), 150, 410, 120, 80, 2),
    Kind("Ham", ("Cooked", "Air-Dried", "Honey"), 90, 210, 190, 60, 2),
    Kind("Sandwich", ("Egg", "Cheese", "Tuna", "Chicken"), 140, 230, 150, 120, 2, "reduced", 0.04),
    Kind("Salad Bowl", ("Greek", "Caesar", "Lentil"), 220, 390, 110, 130, 2, "reduced", 0.04),
    Kind("Smoothie", ("Mango", "Berry", "Green"), 265, 380, 75, 60),
    Kind("Pudding", ("Chocolate", "Vanilla", "Semolina"), 130, 220, 45, 30),
    Kind("Hummus", ("Plain", "Beetroot", "Chili"), 170, 240, 95, 70),
)
COFFEE = (
    Kind("Filter Coffee To Go", ("Small", "Oat", "Dark"), 215, 330, 60, 120, tax="reduced", spread=0.05),
    Kind("Iced Coffee", ("Latte", "Mocha", "Vanilla"), 240, 360, 70, 60, tax="reduced"),
    Kind("Coffee Beans", ("Mild", "Strong", "Decaf"), 252, 512, 150, 120),
)
BAKERY = (
    Kind("Croissant", ("Butter", "Chocolate", "Almond"), 55, 105, 180, 40, 2, "reduced", 0.06),
    Kind("Bread Roll", ("Wheat", "Rye", "Poppy"), 60, 95, 60, 15, 2, "reduced", 0.06),
    Kind("Muffin", ("Blueberry", "Lemon", "Chocolate"), 85, 135, 150, 40, 2, "reduced", 0.06),
)
PRODUCE = (
    Kind("Apple", ("Red", "Green", "Yellow"), 150, 220, 30, 0, spread=0.12, sold_by="weight"),
    Kind("Pear", ("Early", "Late"), 160, 240, 34, 0, spread=0.12, sold_by="weight"),
    Kind("Banana", ("Yellow", "Small"), 110, 180, 20, 0, 2, spread=0.12, sold_by="weight"),
    Kind("Orange", ("Sweet", "Blood"), 170, 260, 26, 0, spread=0.12, sold_by="weight"),
    Kind("Tomato", ("Round", "Vine", "Plum"), 70, 140, 38, 0, spread=0.15, sold_by="weight"),
    Kind("Potato", ("Firm", "Floury"), 110, 230, 15, 0, spread=0.2, sold_by="weight"),
    Kind("Pepper", ("Red", "Yellow", "Green"), 140, 210, 48, 0, spread=0.14, sold_by="weight"),
)
ALCOHOL = (
    Kind("Lager", ("Pale", "Dark", "Wheat"), 520, 880, 22, 50, tax="alcohol", min_age=16),
    Kind("Cider", ("Dry", "Sweet", "Pear"), 350, 780, 32, 60, tax="alcohol", min_age=16),
    Kind("Red Wine", ("Young", "Oak", "Reserve"), 1180, 1290, 55, 150, tax="alcohol", min_age=16),
    Kind("White Wine", ("Dry", "Fruity", "Late"), 1160, 1270, 52, 150, tax="alcohol", min_age=16),
    Kind("Gin", ("Classic", "Lemon", "Rose"), 950, 1280, 150, 400, tax="alcohol", min_age=18, rfid=True),
)
TOBACCO = (
    Kind("Cigarettes", ("Blue", "Red", "Gold", "Green"), 24, 29, 2600, 50, tax="standard", min_age=18),
    Kind("Rolling Tobacco", ("Light", "Full", "Dark"), 38, 56, 1500, 60, tax="standard", min_age=18),
)
HOUSEHOLD = (
    Kind("Dish Soap", ("Lemon", "Aloe", "Sea"), 480, 780, 25, 60, tax="standard"),
    Kind("Laundry Powder", ("Colour", "White", "Wool"), 900, 1500, 45, 90, 3, "standard"),
    Kind("Kitchen Paper", ("Two Rolls", "Plain", "Printed"), 220, 460, 60, 50, 3, "standard"),
    Kind("Sponges", ("Soft", "Rough"), 28, 75, 200, 40, 2, "standard"),
    Kind("Candles", ("White", "Honey", "Red"), 90, 320, 90, 60, 2, "standard"),
    Kind("Cat Food", ("Fish", "Beef", "Chicken"), 85, 420, 45, 30, tax="reduced"),
)
CARE = (
    Kind("Soap", ("Olive", "Lavender", "Oat"), 85, 155, 120, 50, tax="standard"),
    Kind("Shampoo", ("Nettle", "Birch", "Mild"), 210, 340, 90, 100, tax="standard"),
    Kind("Toothpaste", ("Mint", "Herb", "Mild"), 85, 135, 150, 60, tax="standard"),
    Kind("Razor Blades", ("Three", "Five", "Soft"), 40, 95, 1200, 300, 1, "standard", rfid=True),
    Kind("Perfume", ("Rose", "Cedar", "Citrus"), 140, 330, 900, 500, 1, "standard", rfid=True),
    Kind("Plasters", ("Clear", "Soft", "Children's"), 28, 62, 500, 90, 1, "standard"),
)
MERCHANDISE = (
    Kind("Scarf", ("Home", "Away", "Retro"), 130, 210, 700, 600, 2, "standard", rfid=True),
    Kind("Cap", ("Blue", "White", "Black"), 75, 120, 1300, 700, 2, "standard", rfid=True),
    Kind("Shirt", ("S", "M", "L", "XL"), 150, 230, 2200, 2000, 3, "standard", rfid=True),
    Kind("Mug", ("Crest", "Stripes"), 310, 390, 220, 400, 1, "standard", rfid=True),
)
