"""The door for programs: REST for front offices, operators, clerks and agencies (DESIGN section 9)."""
