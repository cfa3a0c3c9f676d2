package demo

import (
	"context"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/consent"
	"carerecord/internal/load"
	"carerecord/internal/record"
)

// Load reads a folder of FHIR bundles and NDJSON into the source databases.
// numbers is a file of NHS numbers, or empty.
func (d *Demo) Load(ctx context.Context, folder, numbers string, progress func(Progress)) (load.Report, error) {
	given, err := readNumbers(numbers)
	if err != nil {
		return load.Report{}, err
	}
	writer, closePools, err := d.writer(ctx, false)
	if err != nil {
		return load.Report{}, err
	}
	defer closePools()
	return load.Folder(ctx, folder, writer, load.Options{Numbers: given, Progress: func(p load.Progress) {
		progress(Progress{Step: "loading", Done: p.Done, Total: p.Total, Unit: "bytes"})
	}})
}

func readNumbers(path string) (map[string]record.NHSNumber, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return load.ReadNumbers(f)
}

// writer writes to all databases of the demonstration.
func (d *Demo) writer(ctx context.Context, fresh bool) (*load.Writer, func(), error) {
	var pools []*pgxpool.Pool
	closeAll := func() {
		for _, pool := range pools {
			pool.Close()
		}
	}
	sources := map[load.Source]*pgxpool.Pool{}
	for _, s := range load.Sources() {
		pool, err := pgxpool.New(ctx, d.server.DSN(database(s), ownerRole))
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		pools = append(pools, pool)
		sources[s] = pool
	}
	own, err := consent.Open(ctx, d.DSN(), consent.Prepare)
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	pools = append(pools, own)
	writer := load.NewWriter(sources, consent.NewStore(own, consent.Default()))
	writer.Fresh = fresh
	return writer, closeAll, nil
}
