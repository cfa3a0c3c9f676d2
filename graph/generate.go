// Package graph is generated from schema/: the executable schema that server.go serves.
package graph

//go:generate go tool gqlgen generate
