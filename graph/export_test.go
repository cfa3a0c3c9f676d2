package graph

import "carerecord/internal/writer"

// Written is what can be written.
func Written() writer.Schema { return written }
