"""Making what stays smaller: int8 and low rank."""
