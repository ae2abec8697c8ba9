"""The layers: one entry each, in a module for each group of Keras' documentation; `table` holds them together."""
