package resolvers_test

import "flag"

// everything asks for what is done by the thousand in full. CI does, without the race detector;
// otherwise a part of the same is asked for.
var everything = flag.Bool("everything", false, "ask in every cell of the matrix, in every condition of the lists, and more often where chance decides; CI does, without the race detector")

// part is all of what is done by the thousand, or the part of it that is done otherwise.
func part(all, otherwise int) int {
	if *everything || wholeMatrix {
		return all
	}
	return otherwise
}

// everyCell is every how manieth cell of the matrix is asked for.
func everyCell() int { return part(1, 5) }

// rewritings are how many there are of each operation.
func rewritings() int { return part(6, 2) }

// instants are how many times the callers come at once.
func instants() int { return part(150, 40) }
