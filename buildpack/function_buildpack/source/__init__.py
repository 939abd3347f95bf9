"""What is built, and with which settings: reads what user and platform gave."""
