"""The console's server half: what a browser is given, and the door by which its pages reach the cloud's actions."""
