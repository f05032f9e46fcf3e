import type { VNode } from 'preact';

export function DashboardPage(): VNode {
  return (
    <main>
      <h1>Dashboard</h1>
    </main>
  );
}
