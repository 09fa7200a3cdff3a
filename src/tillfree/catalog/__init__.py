"""Products, barcodes (GTIN, PLU), planogram and store layout: what a shop sells and where it lies."""
