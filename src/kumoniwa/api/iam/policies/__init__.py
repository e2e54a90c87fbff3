"""Policies: checked for their form, stored, and evaluated by nobody."""
