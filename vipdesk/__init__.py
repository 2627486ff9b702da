"""The launcher: finds the folders of the product and hands over to server.cli. Nothing else lives here."""
