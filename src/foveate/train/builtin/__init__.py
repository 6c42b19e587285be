"""The built-in model's training on the toy kitchen."""
