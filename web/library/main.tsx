// The library page.
import { show } from '../shared/show.ts';
import { LibraryPage } from './library-page.tsx';

show(<LibraryPage />);
