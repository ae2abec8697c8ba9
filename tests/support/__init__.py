"""What the tests share: files to read, forms to fill in, and where things lie. No test is in here."""
