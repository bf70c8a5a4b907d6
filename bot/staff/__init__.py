"""What people in the staff room see and do."""
