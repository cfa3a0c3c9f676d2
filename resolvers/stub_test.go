package resolvers_test

import "testing"

func testRights(t *testing.T, c *care)      {}
func testDocuments(t *testing.T, c *care)   {}
func testWholeSchema(t *testing.T, c *care) {}
func testTrail(t *testing.T, c *care)       {}
