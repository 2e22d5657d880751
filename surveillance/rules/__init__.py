"""What statistics show and when they warn: pure functions, one module for each question."""
