"""What is on offer: layers, losses, metrics, optimizers and the rest, one entry each."""
