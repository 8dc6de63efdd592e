import assert from 'node:assert/strict';
import { openLasting, type Store, StoreFailure } from '../../matching/server/store/index.js';
import { Cleanup, until } from './support.js';

describe('a store that is opened again when it stops by itself', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  it('leaves nothing of the stopped one behind', async () => {
    const opened: { stop: () => void; closed: number }[] = [];
    const open = async (): Promise<Store> => {
      let stop = (): void => {};
      const ended = new Promise<StoreFailure>((resolve) => {
        stop = () => resolve(new StoreFailure('It stopped'));
      });
      const one = { stop, closed: 0 };
      opened.push(one);
      const close = async (): Promise<void> => {
        one.closed++;
        if (one.closed > 1) throw new Error('closed already');
      };
      return { ended, close } as unknown as Store;
    };
    let reopened = 0;
    const store = await openLasting({ open, onStopped: () => {}, onStill: () => {}, onReopened: () => reopened++ });
    opened[0]?.stop();
    await until(() => reopened === 1);
    assert.deepEqual(
      opened.map(({ closed }) => closed),
      [1, 0],
    );
    await store.close();
    assert.deepEqual(
      opened.map(({ closed }) => closed),
      [1, 1],
    );
  });

  it('says why it does not open, where that is another reason than it stopped for', async () => {
    const reasons = ['It stopped', 'The disk is full'];
    let tries = -1;
    const open = async (): Promise<Store> => {
      const reason = reasons[tries++];
      if (reason !== undefined) throw new StoreFailure(reason);
      const ended = tries === 0 ? Promise.resolve(new StoreFailure('It stopped')) : new Promise(() => {});
      return { ended, close: async () => {} } as unknown as Store;
    };
    const told: string[] = [];
    const tell = ({ message }: Error): number => told.push(message);
    const store = await openLasting({ open, onStopped: tell, onStill: tell, onReopened: () => {} });
    await until(() => told.length === 2);
    await store.close();
    assert.deepEqual(told, reasons);
  });

  it('is closed while it is away, too', async () => {
    let closed = 0;
    const close = async (): Promise<void> => {
      closed++;
    };
    let isOpen = false;
    const open = async (): Promise<Store> => {
      if (isOpen) throw new StoreFailure('It does not open');
      isOpen = true;
      return { ended: Promise.resolve(new StoreFailure('It stopped')), close } as unknown as Store;
    };
    let stopped = false;
    const onStopped = (): void => {
      stopped = true;
    };
    const store = await openLasting({ open, onStopped, onStill: () => {}, onReopened: () => {} });
    await until(() => stopped);
    await store.close();
    assert.equal(closed, 1);
  });
});
