"""Networks in files: builders, trained models, exports, networks from elsewhere."""
