import { useEditorContext, useExecutionContext } from '@graphiql/react';
import { useEffect } from 'react';
import { residentOf, takesResident, withResident } from './variables.js';

export function Header({ personas, chosen, choose, residents, fault }) {
  return (
    <header className="playground-header">
      <h1>Care record</h1>
      <strong className="playground-badge">Synthetic data – no real people</strong>
      <div className="playground-pickers">
        <TabPicker />
        <PersonaPicker personas={personas} chosen={chosen} choose={choose} />
        {residents.length > 0 && <ResidentPicker residents={residents} />}
      </div>
      <div className="playground-line">
        <p role="status">{fault ?? caller(chosen)}</p>
        <a href="/playground/licences">Licences</a>
      </div>
    </header>
  );
}

// TabPicker finds a tab when there are more than the bar has room for.
function TabPicker() {
  const { tabs, activeTabIndex, changeTab } = useEditorContext({ nonNull: true });
  const { stop } = useExecutionContext({ nonNull: true });

  useEffect(() => {
    document.getElementById(`graphiql-session-tab-${activeTabIndex}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [activeTabIndex]);

  const choose = (event) => {
    stop();
    changeTab(Number(event.target.value));
  };

  return (
    <label>
      Operation
      <select name="tab" value={activeTabIndex} onChange={choose}>
        {tabs.map(({ id, title }, index) => (
          <option key={id} value={index}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

function PersonaPicker({ personas, chosen, choose }) {
  return (
    <label>
      Asking as
      <select name="persona" value={chosen?.persona ?? ''} onChange={(event) => choose(event.target.value)}>
        {personas.map(({ persona, label }) => (
          <option key={persona} value={persona}>
            {label || persona}
          </option>
        ))}
      </select>
    </label>
  );
}

// ResidentPicker shows the resident of the tab in front and changes that tab.
function ResidentPicker({ residents }) {
  const { tabs, activeTabIndex, variableEditor, updateActiveTabValues } = useEditorContext({ nonNull: true });
  const tab = tabs[activeTabIndex];
  const takes = takesResident(tab);
  const number = takes ? residentOf(tab.variables) : null;
  const known = residents.some(({ nhsNumber }) => nhsNumber === number);

  const choose = (event) => {
    const variables = withResident(tab, event.target.value);
    variableEditor?.setValue(variables);
    updateActiveTabValues({ variables });
  };

  return (
    <label>
      About
      <select name="resident" value={known ? number : ''} onChange={choose} disabled={!takes}>
        <option value="" disabled>
          {takes ? 'Another number' : 'No resident in this tab'}
        </option>
        {residents.map(({ nhsNumber, name, note }) => (
          <option key={nhsNumber} value={nhsNumber}>
            {[`${grouped(nhsNumber)}  ${name}`, note].filter(Boolean).join(' – ')}
          </option>
        ))}
      </select>
    </label>
  );
}

function caller(persona) {
  if (!persona) return 'No persona: requests go without a token.';
  const { role, purpose, organisation } = persona;
  return [role, purpose, [organisation?.odsCode, organisation?.name].filter(Boolean).join(' ')].filter(Boolean).join(' · ');
}

function grouped(nhsNumber) {
  return nhsNumber.replace(/^(\d{3})(\d{3})(\d{4})$/, '$1 $2 $3');
}
