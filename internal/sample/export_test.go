package sample

// SyntheaResources calls yield with the FHIR resources of each person as they are
// kept: lines of NDJSON, the Patient first.
func SyntheaResources(yield func(lines [][]byte) error) error {
	shards, err := syntheaShards()
	if err != nil {
		return err
	}
	for _, shard := range shards {
		if err := readShard(shard, yield); err != nil {
			return err
		}
	}
	return nil
}
