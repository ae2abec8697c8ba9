"""One module for each tool: from the read form to the written outputs."""
