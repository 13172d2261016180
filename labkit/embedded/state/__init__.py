"""What the embedded AWS keeps: accounts, keys, settings, moto's state, blobs; and the world at its first start."""
