/**
 * Joins the pieces of text that a run tells while it works to one text that only ever grows, and that ends with the
 * answer as it was recorded, whatever pieces were lost on the way.
 */
export class GrowingText {
  #whole = '';
  #step = '';
  /** The number of the piece that comes next; null takes any. */
  #next: number | null = 0;
  #is_cut = false;

  /** Takes a piece and gives what is to be added to the text. After a lost piece nothing is, until the next step. */
  add({ index, text, kind }: { index: number; text: string; kind: 'text' | 'reasoning' }): string {
    if (this.#is_cut) return '';
    if (this.#next !== null && index !== this.#next) {
      this.#is_cut = true;
      return '';
    }
    this.#next = index + 1;
    return kind === 'text' ? this.#grow(text) : '';
  }

  /** The model is asked again: what it says now stands apart from what it said before. */
  nextStep(): void {
    this.#step = '';
    this.#next = this.#is_cut ? null : this.#next;
    this.#is_cut = false;
  }

  /** Gives what is missing of the answer. */
  end(answer: string): string {
    if (answer.startsWith(this.#whole)) return answer.slice(this.#whole.length);
    if (this.#step !== '' && answer.startsWith(this.#step)) return answer.slice(this.#step.length);
    return `\n\n${answer}`;
  }

  #grow(text: string): string {
    const apart = this.#step === '' && this.#whole !== '' ? '\n\n' : '';
    this.#step += text;
    this.#whole += apart + text;
    return apart + text;
  }
}
