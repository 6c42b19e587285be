"""What a difference between ways of showing, or between Runs, is worth: tests, equivalence, costs, one page."""
