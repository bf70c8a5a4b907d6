"""Tools of other programs (Model Context Protocol): looked at within bounds, and never the doer of a change."""
