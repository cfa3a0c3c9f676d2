// Asks as a front-end with Apollo Client's default settings does, once and by watching,
// and prints what would be rendered: for each question the data and the error.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { text } from "node:stream/consumers";

const { url, token, questions } = JSON.parse(await text(process.stdin));

function client() {
  return new ApolloClient({
    link: new HttpLink({ uri: url, headers: { authorization: `Bearer ${token}` } }),
    cache: new InMemoryCache(),
  });
}

function watched(options) {
  return new Promise((resolve) => {
    client().watchQuery(options).subscribe((result) => {
      if (!result.loading) resolve(result);
    });
  });
}

const answers = [];
for (const { query, variables } of questions) {
  const options = { query: gql(query), variables };
  for (const how of [(o) => client().query(o), watched]) {
    const { data, error } = await how(options).catch((error) => ({ error }));
    answers.push({ data: data ?? null, error: error ? String(error) : "" });
  }
}
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
