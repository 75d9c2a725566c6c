"""What a stronger model is asked for, and which of its answers become rows."""
