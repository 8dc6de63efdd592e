import { Picture, type PictureView, type Told } from '../../activities/index.js';
import type { ActivityState, Reading } from '../../vocabulary/index.js';
import type { StateFile } from '../shared/state-file.js';
import { MOST_APPLIANCES } from './collector.js';

export interface SavedGallery {
  version: 1;
  pictures: PictureView[];
}

/** What ends a run: a power cut after that must not show it as it was before. */
const SAVED_AT: readonly ActivityState[] = ['finished', 'discarded'];

export function isSavedGallery(saved: unknown): saved is SavedGallery {
  const { version, pictures } = (saved ?? {}) as Partial<SavedGallery>;
  const isList = (list: unknown): boolean =>
    Array.isArray(list) && list.every((one) => typeof one === 'object' && one !== null);
  const isView = ({ appliance, lines, words, runs, actions }: Partial<PictureView>): boolean =>
    typeof appliance?.id === 'string' &&
    [lines, words, runs, actions].every(isList) &&
    (lines ?? []).every(({ spans }) => isList(spans));
  return version === 1 && Array.isArray(pictures) && pictures.every((one) => isView(one ?? {}));
}

/**
 * The pictures of one node's appliances, for its dialog. They are saved when a run ends or is taken back, and when the node
 * closes; nothing else depends on them, so a picture that cannot be saved or read is only missing.
 */
export class Gallery {
  /** By appliance; the one that was heard of last comes last. */
  readonly #pictures = new Map<string, Picture>();
  #newest: string | undefined;
  readonly #file: Pick<StateFile<SavedGallery>, 'load' | 'save' | 'remove'>;

  constructor(file: Pick<StateFile<SavedGallery>, 'load' | 'save' | 'remove'>) {
    this.#file = file;
  }

  /** Never rejects. */
  async restore(): Promise<void> {
    try {
      const saved = await this.#file.load();
      const pictures = (saved?.pictures ?? []).map((view) => [view.appliance.id, Picture.from(view)] as const);
      for (const [id, picture] of pictures) this.#pictures.set(id, picture);
    } catch {
      // Only the pictures are missing.
    }
  }

  /** @param reading one that its tracker took */
  note(reading: Reading): void {
    this.#of(reading.appliance).note(reading);
  }

  hear(told: Told): void {
    const { appliance } = told.type === 'activity' ? told.activity : told.action;
    this.#of(appliance).hear(told);
    if (told.type === 'activity' && SAVED_AT.includes(told.activity.state)) void this.save();
  }

  /** The appliance that was heard of last comes first. */
  views(): PictureView[] {
    return [...this.#pictures.values()].map((picture) => picture.view()).reverse();
  }

  /** Never rejects. */
  async save(): Promise<void> {
    const pictures = [...this.#pictures.values()].map((picture) => picture.view());
    await this.#file.save({ version: 1, pictures }).catch(() => {});
  }

  /** Forgets what was saved. Never rejects. */
  async remove(): Promise<void> {
    await this.#file.remove().catch(() => {});
  }

  /** Where there are too many, the one that was heard of longest ago goes. */
  #of(appliance: Reading['appliance']): Picture {
    const known = this.#pictures.get(appliance.id);
    if (known && this.#newest === appliance.id) return known;
    this.#pictures.delete(appliance.id);
    if (this.#pictures.size >= MOST_APPLIANCES) this.#pictures.delete(this.#pictures.keys().next().value ?? '');
    const picture = known ?? new Picture(appliance);
    this.#pictures.set(appliance.id, picture);
    this.#newest = appliance.id;
    return picture;
  }
}
