"""What statistics read: what changed and its counts; and, for pages and programs, what was published."""
