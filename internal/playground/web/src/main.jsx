import 'graphiql/style.css';
import './playground.css';
import { DOC_EXPLORER_PLUGIN, DocExplorerContextProvider } from '@graphiql/plugin-doc-explorer';
import { HISTORY_PLUGIN, HistoryContextProvider } from '@graphiql/plugin-history';
import { GraphiQLProvider, useEditorContext, useSchemaStore } from '@graphiql/react';
import { setNonce } from 'get-nonce';
import { GraphiQL, GraphiQLInterface } from 'graphiql';
import { useCallback, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { fetcher } from './fetcher.js';
import { Footer } from './footer.jsx';
import { Header } from './header.jsx';
import { Session, read } from './session.js';
import { memory } from './storage.js';

const root = document.getElementById('playground');
const plugins = [DOC_EXPLORER_PLUGIN, HISTORY_PLUGIN];

// The dialogs add a style element of their own while they are open.
setNonce(root.nonce);

start().catch((reason) => {
  root.textContent = `The playground could not start. ${reason.message}`;
});

async function start() {
  const session = new Session();
  const [{ endpoint, operations }, residents, fault] = await Promise.all([
    read('/playground/settings'),
    read('/playground/residents').catch(() => []),
    session.refresh().then(
      () => null,
      (reason) => reason.message,
    ),
  ]);
  const observers = new Set();
  const ask = fetcher(endpoint, session, (answer) => observers.forEach((observer) => observer(answer)));
  const tabs = operations.map(({ query, variables }) => ({
    query,
    variables: variables ? JSON.stringify(variables, null, 2) : '',
  }));
  createRoot(root).render(
    <GraphiQLProvider
      fetcher={ask}
      storage={memory()}
      defaultTabs={tabs.length > 0 ? tabs : undefined}
      variables={tabs[0]?.variables /* which the first tab does not take from defaultTabs */}
      defaultQuery=""
      inputValueDeprecation
      schemaDescription
      shouldPersistHeaders={false}
      plugins={plugins}
      referencePlugin={DOC_EXPLORER_PLUGIN}
    >
      <HistoryContextProvider>
        <DocExplorerContextProvider>
          <Playground session={session} residents={residents} observers={observers} fault={fault} />
        </DocExplorerContextProvider>
      </HistoryContextProvider>
    </GraphiQLProvider>,
  );
}

function Playground({ session, residents, observers, fault }) {
  const [chosen, setChosen] = useState(session.chosen);
  const [answer, setAnswer] = useState(null);
  const clear = useCallback(() => setAnswer(null), []);
  const { schema, introspect } = useSchemaStore();
  const { queryEditor } = useEditorContext({ nonNull: true });

  useEffect(() => queryEditor?.setOption('lineWrapping', true), [queryEditor]);

  useEffect(() => {
    const observer = (told) => {
      if (!told?.introspection) setAnswer(told);
    };
    observers.add(observer);
    return () => observers.delete(observer);
  }, [observers]);

  const choose = (persona) => {
    session.choose(persona);
    setChosen(session.chosen);
    if (!schema) introspect();
  };

  return (
    <>
      <Header personas={session.personas} chosen={chosen} choose={choose} residents={residents} fault={fault} />
      <main>
        <GraphiQLInterface
          defaultTheme="light"
          defaultEditorToolsVisibility="variables"
          isHeadersEditorEnabled={false}
          showPersistHeadersSettings={false}
        >
          <GraphiQL.Logo>
            <></>
          </GraphiQL.Logo>
          <GraphiQL.Footer>
            <Footer answer={answer} clear={clear} />
          </GraphiQL.Footer>
        </GraphiQLInterface>
      </main>
    </>
  );
}
