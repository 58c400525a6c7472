"""What a record, a shard and a data set are, whatever file format or order they come in."""
