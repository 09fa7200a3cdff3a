"""Worked examples of prices and tax, which the tests run and the documentation prints."""
