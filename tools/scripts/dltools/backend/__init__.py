"""Keras and TensorFlow, started right."""
