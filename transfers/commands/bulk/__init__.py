"""Files of many orders: what their lines mean, accepting them as one order, releasing it, and carrying it out part by part."""
