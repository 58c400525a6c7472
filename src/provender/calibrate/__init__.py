"""From scores to decisions that hold: p-values, false discovery rates, concentration."""
