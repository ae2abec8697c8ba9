"""What a network gives for samples, and how good that is."""
