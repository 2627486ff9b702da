"""What can be wrong with an installation: a file for each place where one looks. Each check changes nothing."""
