// early is how long before its end a token is replaced, so that none runs out
// on its way to the server.
const early = 30_000;

// A Session knows who the page asks as. Tokens are in this object and in the
// Authorization header of a request, never in a URL or in the browser's storage.
export class Session {
  #personas = [];
  #chosen = null;

  get personas() {
    return this.#personas;
  }

  get chosen() {
    return this.#personas.find(({ persona }) => persona === this.#chosen) ?? null;
  }

  choose(persona) {
    this.#chosen = persona;
  }

  async refresh() {
    this.#personas = await read('/playground/personas');
    if (!this.chosen) this.#chosen = this.#personas[0]?.persona ?? null;
  }

  // authorization is the header of the chosen persona, with a token that is good.
  async authorization() {
    const { chosen } = this;
    if (chosen && Date.parse(chosen.expiresAt) - early < Date.now()) await this.refresh();
    return this.chosen ? { Authorization: `Bearer ${this.chosen.token}` } : {};
  }
}

export async function read(path) {
  const response = await fetch(path, { cache: 'no-store', credentials: 'same-origin' });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${(await response.text()).trim()}`);
  return response.json();
}
