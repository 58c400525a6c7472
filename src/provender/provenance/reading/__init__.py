"""The sealed reader: what a decoder is handed are the very bytes that were compared with a seal."""
