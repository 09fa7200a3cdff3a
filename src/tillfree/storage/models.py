"""The models that come with Tillfree, as bytes: the rooms that use them are pure and open no file."""

import importlib.resources

__all__ = ["hand_model", "liveness_model", "palm_model", "people_model"]


def hand_model() -> bytes:
    """The network of hand landmarks, an ONNX file: the page about palms says what it can do and how it was made."""
    return importlib.resources.files("tillfree.palm").joinpath("models", "hand.onnx").read_bytes()


def people_model() -> bytes:
    """The detector of people, an ONNX file: the page about rendering says what it can do and how it was made."""
    return importlib.resources.files("tillfree.vision").joinpath("models", "people.onnx").read_bytes()


def liveness_model() -> bytes:
    """The weights of liveness, a JSON file: the page about palms' liveness says what they can do and how made."""
    return importlib.resources.files("tillfree.palm").joinpath("models", "liveness.json").read_bytes()


def palm_model() -> bytes:
    """The embedding of palms, an ONNX file: the page about palms says what it can do and how it was made."""
    return importlib.resources.files("tillfree.palm").joinpath("models", "palm.onnx").read_bytes()
