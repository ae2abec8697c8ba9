"""What everything rests on: errors, datasets, files, limits, what the job was granted."""
