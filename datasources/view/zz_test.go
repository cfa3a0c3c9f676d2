package view_test
import ("testing";"fmt";"carerecord/datasources/sourcetest";"carerecord/internal/fetch")
func TestZZ(t *testing.T){
	filled := sourcetest.Fill(t, sectors["acute"], 100, 30)
	conn := connect(t, filled)
	for _, st := range filled.Source.Explain(fetch.Ask{Kind: fetch.Stays, Subjects: filled.Subjects}, filled.Terms) {
		if st.Name=="stay.episode" { fmt.Println(explain(t, conn, st, "ANALYZE, VERBOSE")) }
	}
}
