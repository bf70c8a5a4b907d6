"""How the desk itself is: its pulse, its health, its alarms, its traces."""
