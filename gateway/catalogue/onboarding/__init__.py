"""From an agency's contract to a folder under ``contracts/``: what ``darcha agency new`` and ``darcha agency try`` do."""
