"""The state: tables, migrations and queries. Queries take a connection and give frozen values of `kumoniwa.model`."""
