/** How much of what the file says is held in memory at most. It is filled as people come, so a household needs next to none. */
export interface Memory {
  /** Users with everything that their calls ask about. */
  users: number;
  /** Users of whom only what others are shown is kept. */
  cards: number;
  /** Activities whose matches are kept with everything that a publish shows of them: those that have begun last. */
  newActivities: number;
  /** Older ones, whose matches are kept without their users. */
  olderActivities: number;
}

/** For a large city: some 160 MB of users, 20 of cards, and 50 and 60 of activities. */
export const MEMORY: Memory = { users: 262_144, cards: 131_072, newActivities: 50_000, olderActivities: 400_000 };
