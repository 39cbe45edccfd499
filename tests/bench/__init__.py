"""What the site costs in CPU time: `make bench`. It judges nothing, because no two machines are alike."""
