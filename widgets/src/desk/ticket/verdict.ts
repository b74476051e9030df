/** What the rules say to the form: by the preview that came last, and by a send that was doubted. */
import type { Language } from "../look";
import { type Form, same } from "./order";
import type { Preview } from "./words";

interface Doubt {
  form: Form;
  zh: string;
  en: string;
}

export class Verdict {
  private preview?: Preview | null;
  private doubt?: Doubt;

  told(preview: Preview | null | undefined): void {
    this.preview = preview;
    if (preview?.accepted) this.doubt = undefined;
  }

  /** The kernel did not send it, for this reason. */
  doubted(form: Form, zh: string, en: string): void {
    this.doubt = { form, zh, en };
  }

  forget(): void {
    this.doubt = undefined;
  }

  /** Why it would be refused, or ""; of a form that was typed on since, until that is judged. */
  reason(form: Form, language: Language): string {
    if (this.doubt && same(this.doubt.form, form)) return this.doubt[language];
    if (!this.preview || this.preview.accepted) return "";
    return language === "zh" ? this.preview.reason_zh : this.preview.reason_en;
  }

  /** Whether that is known of the form as it stands: what is not known keeps nothing back. */
  refused(form: Form): boolean {
    if (this.doubt && same(this.doubt.form, form)) return true;
    if (!this.preview || this.preview.accepted) return false;
    return same({ ...form, ...this.preview.form }, form);
  }
}
