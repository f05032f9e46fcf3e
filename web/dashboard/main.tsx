// The dashboard page.
import { show } from '../shared/show.ts';
import { DashboardPage } from './dashboard-page.tsx';

show(<DashboardPage />);
