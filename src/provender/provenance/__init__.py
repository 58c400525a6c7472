"""Binding: a verdict holds for the bytes, the evidence and the policy it was made from."""
