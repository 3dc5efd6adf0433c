"""The course as a site that needs neither a kernel nor a network."""
